"""The nouns that every room shares. Imports pydantic and Babel, nothing of ours."""
