"""Print ``name==version`` of everything that pharmakon[dev] pulls in, as installed in this environment."""

from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(root: str, extras: frozenset[str]) -> dict[str, str]:
    """Return distribution name to version for ``root`` and all it needs."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [(canonicalize_name(root), extras)]
    while todo:
        name, wanted = todo.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        installed = distribution(name)
        # a local build tag (2.13.0+cpu) says where a wheel came from, not which release it is
        found[name] = installed.version.split("+")[0]
        for text in installed.requires or ():
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted | {""}):
                todo.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


if __name__ == "__main__":
    print("# Exact versions that every figure and test was made with. Written by `make constraints`.")
    pins = closure("pharmakon", frozenset({"dev"}))
    del pins["pharmakon"]
    for name in sorted(pins):
        print(f"{name}=={pins[name]}")
