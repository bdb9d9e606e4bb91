using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;
using IstioAdmin.Clusters;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Pke;
using IstioAdmin.Pipelines;

namespace IstioAdmin.Completion;

/// <summary>What completers share: they match as PowerShell's own do, quote where it is needed, and never fail or keep the prompt waiting.</summary>
internal static partial class Suggestions
{
    /// <summary>How long the Tab key may take. Tests that need an answer wait longer.</summary>
    internal static TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Names that begin with what was typed, or match it when it has wildcards; each with a tooltip; versions by their numbers.</summary>
    public static IEnumerable<CompletionResult> For(string typed, IEnumerable<(string Name, string ToolTip)> candidates)
    {
        string text = typed.Trim('\'', '"');
        var pattern = new WildcardPattern(WildcardPattern.ContainsWildcardCharacters(text) ? text : WildcardPattern.Escape(text) + "*", WildcardOptions.IgnoreCase);
        return candidates.Where(c => pattern.IsMatch(c.Name)).OrderBy(c => Version.TryParse(c.Name.TrimStart('v'), out Version? version) ? version : null).ThenBy(c => c.Name, StringComparer.OrdinalIgnoreCase)
            .Select(c => new CompletionResult(Quoted(c.Name), c.Name, CompletionResultType.ParameterValue, c.ToolTip));
    }

    /// <summary>Waits a moment for names; none when they do not come, or come as an error.</summary>
    public static IReadOnlyList<T> Within<T>(Func<CancellationToken, Task<IReadOnlyList<T>>> names)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            // On the thread pool, and given up even when it does not notice the cancellation.
            return Task.Run(() => names(limit.Token)).WaitAsync(limit.Token).GetAwaiter().GetResult();
        }
#pragma warning disable CA1031 // An error has no place at a half-typed command; running it will show it.
        catch (Exception)
#pragma warning restore CA1031
        {
            return [];
        }
    }

    /// <summary>The values given so far to a parameter of the command being typed.</summary>
    public static IEnumerable<object> Given(IDictionary boundParameters, string parameter) =>
        (boundParameters[parameter] is PSObject shown ? shown.BaseObject : boundParameters[parameter]) switch
        {
            null => [],
            string text => [text],
            IEnumerable many => many.Cast<object>(),
            var one => [one],
        };

    /// <summary>The clusters that the command being typed is about.</summary>
    public static IEnumerable<MeshCluster> Clusters(IDictionary boundParameters)
    {
        object[] given = [.. Given(boundParameters, "Cluster")];
        return given.Length == 0
            ? [ConnectedClusters.RequireCurrent()]
            : given.SelectMany(one => one is MeshCluster cluster ? [cluster] : ConnectedClusters.Find(one.ToString()!));
    }

    /// <summary>The Pipeline that the command being typed works through.</summary>
    public static PipelineConnection Pipeline(IDictionary boundParameters) => Given(boundParameters, "Pipeline").FirstOrDefault() switch
    {
        PipelineConnection pipeline => pipeline,
        string name => ConnectedPipelines.Known.Named(name),
        _ => ConnectedPipelines.Known.RequireCurrent(),
    };

    /// <summary>The cloud that was given, and the region that the first zone given lies in; without a zone the cloud's first region.</summary>
    public static async Task<(string Cloud, string? Region)> RegionAsync(PipelineConnection pipeline, IDictionary boundParameters, CancellationToken cancel)
    {
        string cloud = Given(boundParameters, "Provider").FirstOrDefault()?.ToString() ?? "amazon";
        IReadOnlyList<string> regions = await CloudInfo.RegionsAsync(pipeline, cloud, reporter: null, cancel) ?? [];
        string? zone = Given(boundParameters, "Zone").FirstOrDefault()?.ToString();
        return (cloud, regions.FirstOrDefault(region => zone is not null && zone.StartsWith(region, StringComparison.Ordinal)) ?? (regions is [var first, ..] ? first : null));
    }

    private static string Quoted(string name) =>
        Plain().IsMatch(name) ? name : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";

    [GeneratedRegex(@"^[\p{L}\p{N}_./][\p{L}\p{N}_./:@\\-]*$")]
    private static partial Regex Plain();
}
