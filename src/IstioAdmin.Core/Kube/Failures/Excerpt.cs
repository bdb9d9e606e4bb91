using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>Makes foreign text (response bodies, a plugin's output) fit for a message: one short line, no markup, no credentials.</summary>
internal static partial class Excerpt
{
    private const int MaxLength = 300;

    /// <summary>The text as one line of at most 300 characters.</summary>
    public static string Of(string text)
    {
        // Whatever is cut off later is not worth cleaning: error pages can be large.
        string plain = text.Length > 64 * 1024 ? text[..(64 * 1024)] : text;
        if (LooksLikeHtml(plain))
            plain = HtmlText(plain);
        plain = WithoutSecrets(Blanks().Replace(plain, " ").Trim());
        return plain.Length <= MaxLength ? plain : $"{plain.AsSpan(0, MaxLength)}…";
    }

    /// <summary>Blacks out what looks like a credential: Authorization values, JSON web tokens, private keys.</summary>
    public static string WithoutSecrets(string text)
    {
        text = AuthorizationValue().Replace(text, "$1 ***");
        text = JsonWebToken().Replace(text, "***");
        return PrivateKey().Replace(text, "***");
    }

    public static bool LooksLikeHtml(string text)
    {
        ReadOnlySpan<char> start = text.AsSpan().TrimStart();
        return start.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase) || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }

    private static string HtmlText(string html)
    {
        Match title = Title().Match(html);
        string text = title.Success ? title.Groups[1].Value : Tag().Replace(Invisible().Replace(html, " "), " ");
        return System.Net.WebUtility.HtmlDecode(text);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"<title[^>]*>(.*?)</title>", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Title();

    [GeneratedRegex(@"<(script|style)\b.*?</\1>", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Invisible();

    [GeneratedRegex(@"<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}", RegexOptions.IgnoreCase)]
    private static partial Regex AuthorizationValue();

    [GeneratedRegex(@"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?")]
    private static partial Regex JsonWebToken();

    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", RegexOptions.Singleline)]
    private static partial Regex PrivateKey();
}
