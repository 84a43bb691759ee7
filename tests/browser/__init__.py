"""The whole product as people meet it: a real server process, a real browser, the demo company."""
