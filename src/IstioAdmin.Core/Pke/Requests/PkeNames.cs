using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>Which names, versions, labels and prices Pipeline and the clouds take.</summary>
internal static partial class PkeNames
{
    /// <summary>Why a cluster cannot have that name; null when it can.</summary>
    /// <remarks>Pipeline makes names of stacks and machines from it: letters, digits and dashes, and room for what is appended to them.</remarks>
    public static string? WrongCluster(string name) =>
        name.Length == 0 ? "the cluster has no name"
        : name.Length > 63 ? $"the name '{name}' has {name.Length} characters; 63 are the most"
        : ClusterName().IsMatch(name) ? null
        : $"the name '{name}' is not letters, digits and single dashes between them, beginning with a letter";

    /// <summary>Why a pool cannot have that name; null when it can.</summary>
    /// <remarks>Source: banzaicloud/pipeline <c>pkg/common/common.go</c>, ValidateNodePoolName.</remarks>
    public static string? WrongPool(string name) =>
        name.Length > 63 ? $"the name has {name.Length} characters; 63 are the most"
        : PoolName().IsMatch(name) ? null
        : "the name is not lower case letters, digits and single dashes between them";

    /// <summary>Whether a text is a version of Kubernetes, such as <c>1.12.2</c> or <c>v1.12.2</c>.</summary>
    public static bool IsVersion(string text) => VersionText().IsMatch(text);

    /// <summary>A version without the <c>v</c> that some write before it.</summary>
    public static string Plain(string? version) => version?.TrimStart('v', 'V') ?? "";

    /// <summary>Whether a version is known to be older than another. One without its last number, such as <c>1.12</c>, is not older than <c>1.12.2</c>.</summary>
    public static bool IsOlder(string version, string? other) =>
        Version.TryParse(Plain(version).Split('-')[0], out Version? one) && Version.TryParse(Plain(other).Split('-')[0], out Version? two)
        && (one.Build < 0 ? new Version(one.Major, one.Minor) < new Version(two.Major, two.Minor) : one < two);

    /// <summary>Why a node cannot have that label; null when it can.</summary>
    /// <remarks>Source: Kubernetes documentation, "Labels and Selectors"; Pipeline keeps <c>*.banzaicloud.io</c> for itself.</remarks>
    public static string? WrongLabel(string key, string value)
    {
        string[] parts = key.Split('/');
        string name = parts[^1];
        if (parts.Length > 2 || name.Length is 0 or > 63 || !Qualified().IsMatch(name) || (parts.Length == 2 && (parts[0].Length > 253 || !Prefix().IsMatch(parts[0]))))
            return $"'{key}' cannot be a label's name";
        if (parts.Length == 2 && (parts[0] == "banzaicloud.io" || parts[0].EndsWith(".banzaicloud.io", StringComparison.Ordinal)))
            return $"the label '{key}' belongs to Pipeline";
        return value.Length > 63 || (value.Length > 0 && !Qualified().IsMatch(value)) ? $"'{value}' cannot be the value of label '{key}'" : null;
    }

    /// <summary>Whether a text is a price: a number with a point, or nothing for machines on demand.</summary>
    public static bool IsPrice(string text) => text.Length == 0 || Price().IsMatch(text);

    [GeneratedRegex("^[A-Za-z](-?[A-Za-z0-9])*$")]
    private static partial Regex ClusterName();

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex PoolName();

    [GeneratedRegex(@"^v?\d{1,3}\.\d{1,3}(\.\d{1,3})?(-[0-9A-Za-z.-]+)?$")]
    private static partial Regex VersionText();

    [GeneratedRegex("^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")]
    private static partial Regex Qualified();

    [GeneratedRegex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
    private static partial Regex Prefix();

    [GeneratedRegex(@"^\d{1,6}(\.\d{1,6})?$")]
    private static partial Regex Price();
}
