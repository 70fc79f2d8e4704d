"""Blocking work off the event loop: one pool, as many threads as the engine has connections."""

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from data.connections import POOL_SIZE
from data.courtesy import awaited

P = ParamSpec("P")
R = TypeVar("R")

_pool = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="work")


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run blocking work in the pool, in the context (language, actor) of the caller."""
    context = contextvars.copy_context()
    call = functools.partial(context.run, work, *args, **kwargs)
    with awaited():
        return await asyncio.get_running_loop().run_in_executor(_pool, call)
