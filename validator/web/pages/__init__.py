"""Pages for people: server-rendered, readable without JavaScript, safe to show hostile text."""
