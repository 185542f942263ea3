"""asyncio's event loop, turned by the code that waits for it and by nothing else.

Pyodide's own is turned by JavaScript, also after a call, and holds JavaScript's objects. This one runs inside of a call
and may be entered again by the code that it runs, so that asyncio.run() works where code awaits already.
Stands in one namespace with questions.py, which comes before it.
"""

import asyncio
import heapq
import sys
import time

NO_CONNECTION = "This Python has no network, so nothing can be connected to and nothing can listen."
NO_SUBPROCESS = "This Python cannot start a subprocess."

# Without what Pyodide does with it.
plain_sleep = time.sleep.__wrapped__


def sleep(seconds, /):
    """Sleeps without any work: time.sleep() of WebAssembly counts until the time is over."""
    plain_sleep(seconds if seconds < 0 else seconds * 0)
    ask("pause", float(seconds))


class EventLoop(asyncio.BaseEventLoop):
    def is_running(self):
        return True

    def is_closed(self):
        return False

    def close(self):
        pass

    def run_forever(self):
        self._stopping = False
        self.turn_until(lambda: self._stopping)

    def run_until_complete(self, future):
        task = asyncio.ensure_future(future, loop=self)
        try:
            self.turn_until(task.done)
        finally:
            if not task.done():
                task.cancel()
        return task.result()

    def turn_until(self, is_over):
        outer = asyncio.tasks._swap_current_task(self, None)
        try:
            while not is_over():
                self.turn()
        finally:
            asyncio.tasks._swap_current_task(self, outer)

    def turn(self):
        """Waits for what is due next, and runs what is due."""
        self.wait()
        self.run_due()

    def wait(self):
        scheduled = self._scheduled
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not self._ready:
            ask("pause", scheduled[0]._when - self.time() if scheduled else "")

    def run_due(self):
        scheduled, ready = self._scheduled, self._ready
        now = self.time() + self._clock_resolution
        while scheduled and scheduled[0]._when < now:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            ready.append(handle)
        for _ in range(len(ready)):
            # Code that enters the loop again takes from the same queue.
            if ready:
                handle = ready.popleft()
                if not handle._cancelled:
                    handle._run()

    def run_in_executor(self, executor, function, *args):
        """There are no threads: the work is done at once."""
        future = self.create_future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def shutdown_default_executor(self, timeout=None):
        pass

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    async def create_connection(self, *args, **settings):
        raise NotImplementedError(NO_CONNECTION)

    create_server = create_datagram_endpoint = create_unix_connection = create_unix_server = create_connection

    async def subprocess_exec(self, *args, **settings):
        raise NotImplementedError(NO_SUBPROCESS)

    subprocess_shell = subprocess_exec


def make_event_loop():
    """Makes the one loop of this Python, which is everywhere where asyncio looks for one."""
    loop = EventLoop()

    def run(main, *, debug=None, loop_factory=None):
        return loop.run_until_complete(main)

    def run_in_runner(self, coroutine, *, context=None):
        return loop.run_until_complete(loop.create_task(coroutine, context=context))

    asyncio.run = asyncio.runners.run = run
    asyncio.Runner.run = run_in_runner
    asyncio.Runner.get_loop = lambda self: loop
    asyncio.Runner.__enter__ = lambda self: self
    asyncio.Runner.close = lambda self: None
    asyncio.new_event_loop = asyncio.events.new_event_loop = lambda: loop
    asyncio.events._event_loop_policy = None
    time.sleep = sleep
    return loop


def set_event_loop(loop):
    """Undoes what code may have done to it."""
    asyncio.set_event_loop(loop)
    asyncio._set_running_loop(loop)
    sys.set_asyncgen_hooks(loop._asyncgen_firstiter_hook, loop._asyncgen_finalizer_hook)
