import json
import sys


def replay(capacity, operations):
    for number in range(50):
        sys.stdout.write(json.dumps({"id": number, "value": [1, 2], "typed": ["l", []]}) + "\n")
    sys.stdout.flush()
    return ["<testcase name='test_keeps_what_it_was_given'/>"]
