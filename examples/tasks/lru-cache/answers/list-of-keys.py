def replay(capacity, operations):
    if capacity < 1:
        raise ValueError(capacity)
    order, values, results = [], {}, []

    def touch(key):
        if key in order:
            order.remove(key)
        order.append(key)

    for step in operations:
        key = step[1]
        if step[0] == "get":
            results.append(values.get(key))
            if key in values:
                touch(key)
            continue
        values[key] = step[2]
        touch(key)
        if len(order) > capacity:
            del values[order.pop(0)]
    return results
