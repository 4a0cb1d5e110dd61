"""Owns what the help says of the program and of each command."""

ABOUT = """Rewrites Kubernetes manifests to a Pod Security profile: the same text, plus exactly the lines it needs.

Looks into files, folders and standard input; says for every fix why, and how sure it is.
"""

CODES = """\b
Exit codes:
  0  nothing left to do
  1  diff: there is one; check, apply: something stays short of the profile
  2  wrong usage, profile or configuration
  3  some input could not be read; the rest was done
  4  a result failed its verification, or could not be written: not done
"""

SHORT = {
    "apply": "Rewrite manifests in place; - is a pipe: stdin to stdout.",
    "diff": "Print what apply would change as a patch.",
    "check": "Print what is short of the profile, and change nothing.",
    "graph": "Print who can reach whom, before and after network policies.",
    "explain": "Print the manual page of a control, or the list of all.",
    "profile": "Print a resolved profile, or the list of the shipped ones.",
    "images": "Print what is known of images, and learn what is not.",
    "images show": "Print what is known, and from where; the default.",
    "images learn": "Read an image itself: its user, ports and folders.",
}

EPILOGS = {
    "apply": """\b
Examples:
  harden apply                        every manifest below the current folder
  harden apply --risk safe deploy/    only what cannot stop a container
  helm template shop | harden apply - > shop.yaml
""",
    "diff": """\b
Examples:
  harden diff deploy/                 look first
  harden diff deploy/ | git apply     the same as harden apply deploy/
  harden diff -q > /dev/null          is there anything to do? (exit code 1)
""",
    "check": """\b
Examples:
  harden check deploy/ shop.yaml
  harden check -p baseline --format json | jq '.files[].workloads[] | select(.admitted | not)'
""",
    "graph": """\b
Examples:
  harden graph deploy/                            a table
  harden graph --format svg --output now.svg deploy/
  kustomize build . | harden graph --format mermaid -
""",
    "explain": """\b
Examples:
  harden explain
  harden explain capabilities
""",
    "profile": """\b
Examples:
  harden profile                      the shipped profiles
  harden profile restricted           its settings, and where each comes from
  harden profile ./ours.yaml          a profile of your own
""",
    "images": """\b
Examples:
  harden images postgres:17 registry.example.com/shop/api:1.4
  harden images learn --help
""",
    "images show": """\b
Examples:
  harden images postgres:17 registry.example.com/shop/api:1.4
Exit codes:
  0  all are known
  1  an image is not known, or not enough
""",
    "images learn": """\b
Examples:
  docker save shop/api | harden images learn -
  skopeo inspect --config docker://shop/api | harden images learn - --image shop/api
  harden images learn --registry shop/api:1.4 --add harden-images.yaml
Exit codes:
  0  all are learned, or were there
  3  some could not be read; the rest was done
""",
}
