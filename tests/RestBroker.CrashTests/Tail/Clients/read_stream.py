"""Prints the text of each record of an event stream, until so many have come: a plain socket and nothing else."""

import json
import socket
import sys
import time

host, port, path, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
last_event_id, seen = "", 0

while seen < count:
    try:
        with socket.create_connection((host, port)) as connection:
            resume = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id else ""
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n{resume}\r\n".encode())
            lines = connection.makefile("r", encoding="utf-8", newline="\n")
            event = {}
            for line in lines:
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                    continue
                last_event_id = event.get("id", last_event_id)
                if "data" in event and "event" not in event:
                    print(json.loads(event["data"])["text"], flush=True)
                    seen += 1
                    if seen == count:
                        break
                event = {}
    except OSError:
        pass
    time.sleep(0.1)
