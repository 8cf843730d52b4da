"""A card as text, Markdown, HTML, files: pure renderers; and the render process."""
