namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>How a route compares paths.</summary>
public enum PathMatch
{
    /// <summary>Not at all: every path matches.</summary>
    Any,

    /// <summary>The path is the same.</summary>
    Exact,

    /// <summary>The path begins with it.</summary>
    Prefix,

    /// <summary>The path matches a regular expression.</summary>
    Regex,
}
