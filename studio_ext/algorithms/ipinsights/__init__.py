"""IP Insights: which IPv4 addresses go with which entities (``ipinsights``)."""
