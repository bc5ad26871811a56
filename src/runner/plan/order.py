"""The order in which cells may start. Pure.

Cells share the tuples of ids that they wait for, so a graph of cells and such tuples stays small where one of
cells alone has millions of edges.
"""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import inf

from runner.model.plan import Edges

Key = tuple[float, ...]


class Graph:
    """Cells and the groups of cells that they wait for, numbered: first the cells, then the groups.

    A cell waits for its groups, a group for its members.
    """

    def __init__(self, edges: Mapping[str, Edges]) -> None:
        self.ids = tuple(edges)
        index = {id_: at for at, id_ in enumerate(self.ids)}
        self.waits: list[list[int]] = [[] for _ in self.ids]
        groups: dict[int, int] = {}
        for at, edge in enumerate(edges.values()):
            for group in filter(None, (edge.needs, edge.after)):
                if id(group) not in groups:
                    groups[id(group)] = len(self.waits)
                    self.waits.append([index[member] for member in group])
                self.waits[at].append(groups[id(group)])
        self.followers: list[list[int]] = [[] for _ in self.waits]
        for node, waited in enumerate(self.waits):
            for other in waited:
                self.followers[other].append(node)

    def sorted(self, keys: list[Key]) -> list[int]:
        """Return the nodes so that each comes after all it waits for, else in the order of their keys.

        Nodes in a cycle, and those that wait for one, are left out.
        """
        left = [len(waited) for waited in self.waits]
        ready = [(keys[node], node) for node, count in enumerate(left) if not count]
        heapify(ready)
        done = []
        while ready:
            _, node = heappop(ready)
            done.append(node)
            for follower in self.followers[node]:
                left[follower] -= 1
                if not left[follower]:
                    heappush(ready, (keys[follower], follower))
        return done

    def keys(self, of_cells: list[Key]) -> list[Key]:
        """Return the keys of cells with those of groups, which are never waited for longer than necessary."""
        return of_cells + [(-inf,)] * (len(self.waits) - len(of_cells))

    def in_file_order(self) -> list[int]:
        """Return the nodes sorted, cells in file order where they have a choice."""
        return self.sorted(self.keys([(float(at),) for at in range(len(self.ids))]))


def find_cycle(edges: Mapping[str, Edges]) -> tuple[str, ...]:
    """Return ids that wait for each other in a circle, the first again at the end; else nothing."""
    graph = Graph(edges)
    stuck = set(range(len(graph.waits))) - set(graph.in_file_order())
    if not stuck:
        return ()
    path = [min(stuck)]
    while path[-1] not in path[:-1]:
        path.append(next(node for node in graph.waits[path[-1]] if node in stuck))
    circle = path[path.index(path[-1]) :]
    ids = [graph.ids[node] for node in circle if node < len(graph.ids)]
    return tuple(ids) if ids[0] == ids[-1] and len(ids) > 1 else (*ids, ids[0])


def describe_cycle(cycle: tuple[str, ...], edges: Mapping[str, Edges]) -> str:
    """Say who waits for whom."""
    return ", ".join(
        f"{one} {'needs' if other in edges[one].needs else 'is after'} {other}"
        for one, other in pairwise(cycle)
    )


def starting_order(edges: Mapping[str, Edges], durations: Mapping[str, float]) -> tuple[str, ...]:
    """Return the cells so that each comes after those it waits for, the longest first.

    How long a cell is counts with the longest chain of cells that wait for it: a short cell that a long one
    needs starts before a middling one. A cell without a duration counts as the longest that is known,
    and comes before those known to be as long; where nothing is known, cells keep the order of the file.
    """
    graph = Graph(edges)
    longest = max((durations[id_] for id_ in graph.ids if id_ in durations), default=0.0)
    chain = [0.0] * len(graph.waits)
    for node in reversed(graph.in_file_order()):
        after = max((chain[follower] for follower in graph.followers[node]), default=0.0)
        own = durations.get(graph.ids[node], longest) if node < len(graph.ids) else 0.0
        chain[node] = own + after
    cells: list[Key] = [(-chain[at], float(id_ in durations), float(at)) for at, id_ in enumerate(graph.ids)]
    order = graph.sorted(graph.keys(cells))
    return tuple(graph.ids[node] for node in order if node < len(graph.ids))
