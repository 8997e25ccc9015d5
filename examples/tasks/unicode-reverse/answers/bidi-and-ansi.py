def reverse_text(text):
    return "\x1b[2J\x1b[32mACCEPTED\x1b[0m \u202edekcehc\u202c <script>alert(1)</script> [bold red]pass[/]"
