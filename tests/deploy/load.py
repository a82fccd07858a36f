#!/usr/bin/env python3
"""Issues commands without pause, and holds the log to what was acknowledged.

    load.py issue FILE SECONDS   writes one line for each acknowledged command: its id and its position
    load.py compare FILE EXPORT  each of them is in an export of the log, once, at that position

HUISHANG names the binary; it takes the services and the token from HUISHANG_SERVER and HUISHANG_TOKEN.
"""

import json
import os
import subprocess
import sys
import threading
import time
import uuid

CALLERS = 4


def issue(file: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    lock, refused = threading.Lock(), []
    with open(file, "a", encoding="utf-8") as acknowledged:

        def call_until_the_end() -> None:
            while time.monotonic() < end:
                command_id = str(uuid.uuid4())
                code = "L-" + command_id[:13].upper()
                command = [os.environ["HUISHANG"], "department", "register", "--code", code, "--name", code]
                command += ["--level", "municipal", "--kind", "agency", "--command-id", command_id, "--json"]
                answer = subprocess.run(command, capture_output=True, text=True, check=False)
                with lock:
                    if answer.returncode == 0:
                        position = json.loads(answer.stdout)["position"]
                        acknowledged.write(f"{command_id} {position}\n")
                        acknowledged.flush()
                    else:
                        refused.append(answer.stderr.strip().splitlines()[0])

        callers = [threading.Thread(target=call_until_the_end) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    print(f"{len(refused)} commands were not acknowledged", *sorted(set(refused))[:5], sep="\n  ")


def compare(file: str, export: str) -> None:
    logged: dict[str, list[str]] = {}
    with open(export, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            # The last line is about the export itself.
            if "commandid" in record:
                logged.setdefault(record["commandid"], []).append(record["position"])
    with open(file, encoding="utf-8") as lines:
        acknowledged = [line.split() for line in lines]
    wrong = [(one, at) for one, at in acknowledged if logged.get(one) != [at]]
    print(f"{len(acknowledged)} commands were acknowledged, {len(wrong)} of them are not in the log as they should")
    sys.exit(1 if wrong or not acknowledged else 0)


if __name__ == "__main__":
    if sys.argv[1] == "issue":
        issue(sys.argv[2], float(sys.argv[3]))
    else:
        compare(sys.argv[2], sys.argv[3])
