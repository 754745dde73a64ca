"""Ships the top-level folder of colour themes as ``mmtui/themes``; all else is in pyproject.toml."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["mmtui", "mmtui.*"]), "mmtui.themes"],
    package_dir={"mmtui.themes": "themes"},
)
