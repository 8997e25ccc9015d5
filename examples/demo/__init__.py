"""The demo program: corpus, service, client, progress, table, report."""
