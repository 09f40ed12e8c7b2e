"""Results as files: tables, documents and the folders they are kept in."""
