"""A company whose CRM hands its customers over in files."""
