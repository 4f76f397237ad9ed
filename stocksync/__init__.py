"""stocksync keeps one true stock figure and keeps every place that sells honest about it."""
