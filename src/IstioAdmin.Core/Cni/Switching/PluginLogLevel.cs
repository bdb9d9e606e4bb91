namespace IstioAdmin.Core.Cni.Switching;

/// <summary>The plugin's log level: one of its levels, or <c>SCOPE:LEVEL</c>, several of them with commas (istio/istio <c>pkg/log/options.go</c>).</summary>
internal static class PluginLogLevel
{
    private static readonly string[] Levels = ["debug", "info", "warn", "error", "fatal", "none"];

    /// <exception cref="MeshException">It is none (<c>LogLevelInvalid</c>).</exception>
    public static void Check(string? level)
    {
        if (level is null || Array.TrueForAll(level.Split(','), part => Levels.Contains(part[(part.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())))
            return;
        throw new MeshException("LogLevelInvalid", FailureKind.InvalidInput, $"-LogLevel '{level}' is no log level of the plugin.",
            $"Give one of {string.Join(", ", Levels)}, or SCOPE:LEVEL for a part of it.", level);
    }
}
