"""Parts of the study of causal confusion: measurements, page, figure."""
