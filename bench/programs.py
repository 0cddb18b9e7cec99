"""The real programs of the malloc benchmark, run under a preloaded library: python3, sqlite3, a compiler, redis.

A sample is CPU and wall-clock seconds and the peak of resident memory in bytes, all of a fresh process.
"""
import os
import shutil
import subprocess
import sys
import time

from measure import BUILD, ROOT, run

INPUTS = ROOT / "bench" / "inputs"
REPORT = BUILD / "launch.report"
SOURCE = BUILD / "functions.c"
REDIS_SERVER = BUILD / "redis-server"
REDIS_SOCKET = BUILD / "redis.sock"
REDIS_LOADS = [("set", 200000), ("get", 200000), ("lpush,sadd,hset,zadd", 60000), ("lrange_100", 10000)]


def launch_command(library, command):
    return [str(BUILD / "launch"), str(REPORT), str(library), *command]


def read_report():
    """The sample that launch wrote; an error when the program did not end well."""
    wall, user, system, peak, status = REPORT.read_text().split()
    if int(status) != 0:
        raise RuntimeError(f"it ended with wait status {status}")
    return {"cpu": float(user) + float(system), "wall": float(wall), "memory": int(peak) * 1024}


def launch(library, command, **options):
    """What a command prints under a library, and its sample."""
    done = subprocess.run(launch_command(library, command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=300, check=True, **options)
    return done.stdout, read_report()


def compiler():
    """The compiler proper: the gcc command only starts it."""
    return run(["gcc", "-print-prog-name=cc1"]).stdout.strip()


def redis_server():
    """Debian installs the server under this name with redis-tools already, without starting one."""
    return shutil.which("redis-server") or shutil.which("redis-check-rdb")


def run_python(library):
    return launch(library, [sys.executable, str(INPUTS / "objects.py")], env={**os.environ, "PYTHONMALLOC": "malloc"})[1]


def run_sqlite(library):
    return launch(library, ["sqlite3", ":memory:", f".read {INPUTS / 'tables.sql'}"])[1]


def run_compiler(library):
    return launch(library, [compiler(), "-quiet", "-O2", str(SOURCE), "-o", os.devnull])[1]


def redis_client(*arguments, **options):
    return subprocess.run([arguments[0], "-s", str(REDIS_SOCKET), *arguments[1:]], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **options)


def wait_for_redis(server):
    for _ in range(500):
        if server.poll() is not None:
            raise RuntimeError("the server did not start")
        if redis_client("redis-cli", "ping").stdout.strip() == "PONG":
            return
        time.sleep(0.01)
    raise RuntimeError("the server does not answer")


def run_redis(library):
    """The server's sample; the wall clock is its clients'."""
    REDIS_SOCKET.unlink(missing_ok=True)
    options = ["--port", "0", "--unixsocket", str(REDIS_SOCKET), "--save", "", "--appendonly", "no", "--dir", str(BUILD)]
    server = subprocess.Popen(launch_command(library, [str(REDIS_SERVER), *options]), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_redis(server)
        start = time.monotonic()
        for tests, requests in REDIS_LOADS:
            redis_client("redis-benchmark", "-q", "-P", "16", "-c", "20", "-d", "100", "-r", "100000", "-n",
                         str(requests), "-t", tests, check=True)
        wall = time.monotonic() - start
        redis_client("redis-cli", "shutdown", "nosave")
        server.wait(60)
    finally:
        server.kill()
        server.wait()
    return {**read_report(), "wall": wall}


def have_redis():
    return bool(redis_server() and shutil.which("redis-benchmark") and shutil.which("redis-cli"))


# name, what it does, how it is run, whether it can be
PROGRAMS = [
    ("python3", "python3: syntax trees, JSON, tables", run_python, lambda: True),
    ("sqlite3", "sqlite3: a database in memory", run_sqlite, lambda: shutil.which("sqlite3")),
    ("compiler", "gcc -O2, a file of 100 functions", run_compiler, lambda: os.path.isabs(compiler())),
    ("redis", "redis-server under redis-benchmark", run_redis, have_redis),
]


def prepare():
    """Writes what the programs read."""
    SOURCE.write_text(run([sys.executable, str(INPUTS / "functions.py")]).stdout)
    if have_redis():
        REDIS_SERVER.unlink(missing_ok=True)
        REDIS_SERVER.symlink_to(redis_server())
