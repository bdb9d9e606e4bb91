namespace IstioAdmin.Core.Redirection;

/// <summary>Booleans as Istio reads them from annotations, labels and environment variables: Go's <c>strconv.ParseBool</c>.</summary>
public static class GoBoolean
{
    /// <summary>Parses the twelve spellings that Go accepts; no other, also not with blanks around or in other case.</summary>
    public static bool TryParse(string? text, out bool value)
    {
        value = text is "1" or "t" or "T" or "true" or "TRUE" or "True";
        return value || text is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }
}
