"""Callers on kept-alive connections that each ask again once they were answered."""

import asyncio
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Rounds:
    """Per round: answers per second; over all rounds: milliseconds of each, processor seconds."""

    rates: list[float] = field(default_factory=list)
    cpu: float = 0.0
    took: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def percentile(self, share: int) -> float:
        return statistics.quantiles(self.took, n=100)[share - 1]


def ask(
    port: int, question: Callable[[int], bytes], wanted: int, callers: int, seconds: float
) -> list[float]:
    """Ask a web server on loopback for so many seconds: milliseconds of each answer.

    `question` is given the number of the caller and returns a whole request; raises RuntimeError
    for an answer with another status than `wanted`.
    """
    return asyncio.run(_ask(port, question, wanted, callers, seconds))


async def _ask(
    port: int, question: Callable[[int], bytes], wanted: int, callers: int, seconds: float
) -> list[float]:
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def caller(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < end:
            asked = question(number)
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            # The answer to a HEAD tells how long a body would be, and has none.
            told = int(length[1]) if length and not asked.startswith(b"HEAD ") else 0
            body = await reader.readexactly(told)
            if head.split(b" ", 2)[1] != str(wanted).encode():
                raise RuntimeError(f"answered {head.decode()}{body.decode()}")
            took.append((time.perf_counter() - began) * 1000)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(caller(number) for number in range(callers)))
    return took
