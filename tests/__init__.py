"""System tests: the addon against the sandbox, in a real browser, under faults and load."""
