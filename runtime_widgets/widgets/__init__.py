"""The views: one public class a file."""
