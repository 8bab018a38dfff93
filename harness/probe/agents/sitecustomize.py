"""Tells a load test of this process's collections, and collects when it is asked to.

Python imports this at its start since the scenario says `agent: true`. It speaks through the socket beside this file:
a line of JSON for each collection, a line for each answer. Whatever goes wrong here is kept from the program.
"""

import gc
import os
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
# A shorter collection is not told, in nanoseconds: those of the youngest objects come a thousand times a second.
LEAST = 100_000
# What could not be said yet is kept, up to so many lines.
UNSAID = 10_000


class Agent:
    """A connection, the thread that listens to it, and what is to be said."""

    def __init__(self):
        import _socket
        import _thread

        self.net, self.thread = _socket, _thread
        self.unsaid = []
        self.busy = _thread.allocate_lock()
        self.resting = _thread.allocate_lock()
        self.began = None
        self.connect()

    def connect(self):
        self.socket = self.net.socket(self.net.AF_UNIX, self.net.SOCK_STREAM)
        # A harness that does not accept is not waited for.
        self.socket.setblocking(False)
        place = os.open(FOLDER, os.O_PATH | os.O_DIRECTORY)
        try:
            # The folder's own name may be longer than the address of a socket.
            self.socket.connect(f"/proc/self/fd/{place}/agent.sock")
        finally:
            os.close(place)
        self.socket.setblocking(True)
        self.identity = self.inode()
        version = ".".join(map(str, sys.version_info[:3]))
        self.say('{"hello":"%s %s","pid":%d}\n' % ("CPython", version, os.getpid()), True)
        self.listen()

    def inode(self):
        return os.fstat(self.socket.fileno()).st_ino

    def listen(self):
        self.wake, self.alarm = os.pipe()
        self.resting.acquire(False)
        self.thread.start_new_thread(self.serve, ())

    def say(self, line, wait):
        """Sends a line; without waiting where it comes from a collection, in whose midst anything may be held."""
        self.unsaid.append(line)
        if not self.busy.acquire(False):
            del self.unsaid[:-UNSAID]
            return
        try:
            # A program may close all files, and open its own at the same number.
            if self.inode() != self.identity:
                raise OSError("the connection was closed")
            flags = self.net.MSG_NOSIGNAL | (0 if wait else self.net.MSG_DONTWAIT)
            while self.unsaid:
                self.socket.sendall(self.unsaid[0].encode(), flags)
                del self.unsaid[0]
        except BlockingIOError:
            del self.unsaid[:-UNSAID]
        except OSError:
            self.stop()
        finally:
            self.busy.release()

    def collected(self, phase, info):
        """A callback of the collector."""
        try:
            now = time.monotonic_ns()
            if phase == "start":
                self.began = now, time.thread_time_ns()
            elif self.began and now - self.began[0] >= LEAST:
                start, cpu = self.began
                told = info["generation"], start, now - start, time.thread_time_ns() - cpu
                self.say('{"gc":"generation %d","start":%d,"length":%d,"cpu":%d}\n' % told, False)
        except Exception:
            self.stop()

    def serve(self):
        """The thread: waits for a question, and answers it."""
        from select import select

        rest = b""
        try:
            while True:
                ready, _, _ = select([self.socket, self.wake], [], [])
                if self.wake in ready or self.inode() != self.identity:
                    break
                heard = self.socket.recv(4096)
                if not heard:
                    self.stop()
                    break
                *lines, rest = (rest + heard).split(b"\n")
                for line in lines:
                    self.answer(line.decode())
        except Exception:
            self.stop()
        finally:
            self.resting.release()

    def answer(self, line):
        what, _, number = line.partition(" ")
        try:
            told = {"collect": collect, "values": values, "types": types}[what]()
        except Exception as error:
            told = '"error":%s' % text(repr(error))
        self.say('{"reply":%d,%s}\n' % (int(number), told), True)

    def before_fork(self):
        """A process that is forked while it has threads is warned of them: it has none of ours then."""
        try:
            os.write(self.alarm, b".")
            self.resting.acquire(True, 1)
            os.close(self.wake)
            os.close(self.alarm)
        except Exception:
            self.stop()

    def after_fork(self):
        try:
            self.resting.release()
            if self.collected in gc.callbacks:
                self.listen()
        except Exception:
            self.stop()

    def in_child(self):
        """The child is a process of its own, with a connection of its own."""
        try:
            self.socket.close()
            self.unsaid = []
            self.busy = self.thread.allocate_lock()
            self.resting = self.thread.allocate_lock()
            if self.collected in gc.callbacks:
                self.connect()
        except Exception:
            self.stop()

    def stop(self):
        if self.collected in gc.callbacks:
            gc.callbacks.remove(self.collected)


def text(value):
    return '"%s"' % "".join(c if c.isalnum() or c in " ._-<>()[]:'" else "?" for c in value)


def values():
    return '"values":{"allocated_blocks":%d}' % sys.getallocatedblocks()


def collect():
    gc.collect()
    return values()


def types():
    """Objects and bytes by type: those that the collector knows, and the texts and bytes that they refer to."""
    gc.collect()
    plain = (str, bytes, bytearray, int, float)
    size, found, seen = sys.getsizeof, {}, set()

    def count(thing):
        sums = found.setdefault(type(thing), [0, 0])
        sums[0] += 1
        try:
            sums[1] += size(thing)
        except Exception:
            pass

    for thing in gc.get_objects():
        count(thing)
        for other in gc.get_referents(thing):
            if type(other) in plain and id(other) not in seen:
                seen.add(id(other))
                count(other)
    name = lambda kind: text(("" if kind.__module__ == "builtins" else f"{kind.__module__}.") + kind.__qualname__)
    return '"types":[%s]' % ",".join("[%s,%d,%d]" % (name(kind), *sums) for kind, sums in found.items())


def start():
    try:
        agent = Agent()
        gc.callbacks.append(agent.collected)
        os.register_at_fork(before=agent.before_fork, after_in_parent=agent.after_fork, after_in_child=agent.in_child)
    except Exception:
        pass


def chain():
    """Imports the sitecustomize that this one stands before, as if this one were not there."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != FOLDER]
    sys.path_importer_cache.pop(FOLDER, None)
    found = PathFinder.find_spec("sitecustomize", sys.path)
    if found and found.loader:
        module = module_from_spec(found)
        sys.modules["sitecustomize"] = module
        found.loader.exec_module(module)


start()
chain()
