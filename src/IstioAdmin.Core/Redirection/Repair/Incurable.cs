using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>
/// What a new pod would have just as the old one: settings of its template, and programs that run as the proxy's user. A row for each finding,
/// by the beginning of its name.
/// </summary>
internal static class Incurable
{
    private static readonly (string Finding, string Reason)[] Rows =
    [
        ("Policy", "its template's settings say so"),
        ("Invalid", "its template's settings are invalid"),
        ("Excluded", "its template excludes this traffic"),
        ("ApplicationRunsAsProxy", "its application runs as the proxy's user or group, which every rule lets pass"),
    ];

    /// <summary>Why a restart cannot help a pod, and what would; null when it may.</summary>
    public static (string Reason, string WayOut)? Of(BrokenPod pod)
    {
        RedirectionFinding[] errors = [.. pod.Findings.Where(finding => finding.Severity == FindingSeverity.Error)];
        // A pod with one thing that a restart cures is restarted, whatever else stays.
        if (errors.Length == 0 || errors.Any(finding => Row(finding) is null))
            return null;
        RedirectionFinding first = errors[0];
        return ($"{Row(first)}: {first.Text}", first.Remedy ?? "Change the workload's template; that restarts it, too.");
    }

    private static string? Row(RedirectionFinding finding) =>
        Rows.Where(row => finding.Name.StartsWith(row.Finding, StringComparison.Ordinal)).Select(row => row.Reason).FirstOrDefault();
}
