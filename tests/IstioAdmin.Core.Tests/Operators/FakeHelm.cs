namespace IstioAdmin.Core.Tests.Operators;

/// <summary>A script named helm, first in PATH: it keeps one release in files and writes down how it was called.</summary>
internal sealed class FakeHelm : IDisposable
{
    private const string Script = """
        #!/bin/sh
        home=$(dirname "$0")
        echo "$*" >> "$home/calls"
        echo "$KUBECONFIG" >> "$home/kubeconfig"
        if [ -f "$KUBECONFIG" ]; then cat "$KUBECONFIG" >> "$home/lent"; ls -l "$KUBECONFIG" >> "$home/lent-modes"; fi
        missing() { echo 'Error: release: not found' >&2; exit 1; }
        case "$1" in
          version) cat "$home/version" ;;
          status) [ -f "$home/release" ] || missing; echo "{\"info\":{\"status\":\"$(cat "$home/release")\"}}" ;;
          get) [ -f "$home/release" ] || missing; cat "$home/installed" ;;
          uninstall) [ -f "$home/release" ] || missing; rm "$home/release" ;;
          rollback) echo deployed > "$home/release" ;;
          upgrade)
            if [ -f "$home/failure" ]; then cat "$home/failure" >&2; exit 1; fi
            previous=
            for argument in "$@"; do
              if [ "$previous" = --values ]; then cat "$argument" >> "$home/values"; ls -l "$argument" >> "$home/modes"; echo "$argument" >> "$home/files"; fi
              previous=$argument
            done
            case "$*" in *--dry-run*) ;; *) echo deployed > "$home/release"; cp "$home/rendered" "$home/installed" ;; esac
            echo "{\"manifest\":\"$(cat "$home/rendered")\",\"chart\":{\"metadata\":{\"version\":\"1.2.3\"}}}" ;;
        esac
        """;

    private readonly string _home = Directory.CreateTempSubdirectory("istioadmin-helm-").FullName;
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    public FakeHelm(string version = "v3.17.1+g980d8ac")
    {
        string program = Path.Combine(_home, "helm");
        File.WriteAllText(program, Script);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Write("version", version);
        Write("rendered", "kind: Deployment");
        Environment.SetEnvironmentVariable("PATH", $"{_home}{Path.PathSeparator}{_path}");
    }

    /// <summary>How it was called, but for its version.</summary>
    public string[] Calls => [.. Read("calls").Where(call => !call.StartsWith("version", StringComparison.Ordinal))];

    public string[] Read(string file) => File.Exists(Path.Combine(_home, file)) ? File.ReadAllLines(Path.Combine(_home, file)) : [];

    public void Write(string file, string text) => File.WriteAllText(Path.Combine(_home, file), text + "\n");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        Directory.Delete(_home, recursive: true);
    }
}
