"""Programs that run inside a cage; nothing here is imported by the host."""
