"""The page as Streamlit draws it. Nothing else of the package needs Streamlit."""

__all__: list[str] = []
