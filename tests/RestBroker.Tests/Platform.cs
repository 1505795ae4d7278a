// The tests drive bash, chmod and Debian's programs.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
