"""PostgreSQL: tables, engine, set-based statements, what each system last said, versioned documents, audit."""
