"""What fills a page of its own: the chart, the lists with a cursor, the report."""
