"""What pom.xml, build.gradle and the files beside them say of the images that Jib builds."""

from __future__ import annotations

from pathlib import Path

import pytest
from builds_facts import known

from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Outcome, Refused, Resolved

IMAGE = "ghcr.io/acme/cart:2"


def pom(configuration: str, more: str = "", version: str = "") -> str:
    plugin = f"<plugin><artifactId>jib-maven-plugin</artifactId>{version and f'<version>{version}</version>'}"
    return (
        f"<project><artifactId>cart</artifactId><version>2</version>{more}<build><plugins>{plugin}"
        f"<configuration>{configuration}</configuration></plugin></plugins></build></project>\n"
    )


def looked_up(root: Path, files: dict[str, str], image: str = IMAGE) -> Outcome:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return BuildFiles(root, known).lookup(image, "k8s/cart.yaml")


TO = "<to><image>ghcr.io/acme/cart</image></to>"
USER = "<container><user>${run.user}</user></container>"


@pytest.mark.parametrize(
    ("files", "user"),
    [
        ({"pom.xml": pom(TO)}, "root"),
        ({"pom.xml": pom(TO, version="2.8.0")}, "root"),
        ({"pom.xml": pom(TO, "<packaging>war</packaging>")}, "jetty"),
        ({"pom.xml": pom(TO + USER, "<properties><run.user>1001:0</run.user></properties>")}, "1001:0"),
        ({"pom.xml": pom(TO, "<properties><jib.container.user>1001</jib.container.user></properties>")}, "1001"),
        ({"pom.xml": pom("", "<properties><jib.to.image>ghcr.io/acme/cart</jib.to.image></properties>")}, "root"),
        # The property counts more than the configuration, as on the command line.
        (
            {
                "pom.xml": pom(
                    f"{TO}<container><user>5</user></container>",
                    "<properties><jib.container.user>6</jib.container.user></properties>",
                )
            },
            "6",
        ),
        ({"pom.xml": pom("<to><image>ghcr.io/acme/${project.artifactId}:${project.version}</image></to>")}, "root"),
        ({"pom.xml": pom("<to><image>ghcr.io/acme/cart:${git.commit}</image></to>")}, "root"),
        (
            {
                "pom.xml": "<project><properties><hub>ghcr.io/acme</hub><run.user>7</run.user></properties></project>",
                "cart/pom.xml": pom("<to><image>${hub}/${project.artifactId}</image></to>" + USER),
            },
            "7",
        ),
        ({"cart/build.gradle": "jib { to { image = 'ghcr.io/acme/cart:' + version } }\n"}, "root"),
        ({"cart/build.gradle": "jib.to.image = 'ghcr.io/acme/cart'\njib.container.user = '8'\n"}, "8"),
        (
            {
                "cart/build.gradle": 'def who = "9"\n'
                'jib { to.image = "ghcr.io/acme/${project.name}"\ncontainer.user = who }\n'
            },
            "9",
        ),
        (
            {
                "gradle.properties": "hub = ghcr.io/acme\nrunUser=1002\n",
                "cart/build.gradle.kts": 'jib { to { image = "$hub/cart:$version" }\n'
                'container { user = "${runUser}" } }\n',
            },
            "1002",
        ),
        (
            {
                "settings.gradle": "rootProject.name = 'cart'\n",
                "build.gradle": 'plugins { id "war" }\njib { to { image = "ghcr.io/acme/${rootProject.name}" } }\n',
            },
            "jetty",
        ),
    ],
)
def test_who_an_image_of_jib_starts_as(files: dict[str, str], user: str, tmp_path: Path) -> None:
    found = looked_up(tmp_path, files)
    assert isinstance(found, Resolved), found
    assert found.facts.default_user == user


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"pom.xml": pom(TO + USER)}, "pom.xml:1 says ${run.user}, which no file here sets"),
        # A profile of Maven may set it to something else.
        (
            {
                "pom.xml": pom(
                    TO + USER,
                    "<properties><run.user>1</run.user></properties>"
                    "<profiles><profile><properties><run.user>0</run.user></properties></profile></profiles>",
                )
            },
            "pom.xml:1 says ${run.user}, which no file here sets",
        ),
        (
            {"pom.xml": pom(f"{TO}<from><image>${{jib.base}}</image></from>")},
            "pom.xml:1 says ${jib.base}, which no file here sets",
        ),
        ({"pom.xml": pom(TO + USER, "<properties><run.user>${run.user}</run.user></properties>")}, "pom.xml:1 says"),
        (
            {"pom.xml": pom(TO, "<packaging>war</packaging>", "2.8.0")},
            "pom.xml:1 builds a WAR with a Jib before 3.0 and names no base",
        ),
        (
            {"build.gradle": "jib {\n  to { image = 'ghcr.io/acme/cart' }\n  container { user = runUser }\n}\n"},
            "build.gradle:3 says runUser, which no file here sets",
        ),
    ],
)
def test_what_no_file_sets_is_not_known(files: dict[str, str], reason: str, tmp_path: Path) -> None:
    found = looked_up(tmp_path, files)
    assert isinstance(found, Refused), found
    assert found.reason.startswith(reason)


def test_an_image_whose_name_is_a_variable_is_nobodys(tmp_path: Path) -> None:
    assert looked_up(tmp_path, {"pom.xml": pom("<to><image>${hub}/cart</image></to>")}) is None
