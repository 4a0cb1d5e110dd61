"""Names the packages: those under harden/, and profiles/ beside it, which is installed as harden.profiles_data."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["harden", "harden.*"]), "harden.profiles_data"])
