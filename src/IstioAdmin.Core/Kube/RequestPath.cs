using System.Globalization;
using System.Text;

namespace IstioAdmin.Core.Kube;

/// <summary>A request path with its query; parameters without a value are left out.</summary>
internal sealed class RequestPath
{
    private readonly StringBuilder _text;
    private char _separator = '?';

    public RequestPath(string path) => _text = new StringBuilder(path);

    public RequestPath With(string name, string? value)
    {
        if (value is null)
            return this;
        _text.Append(_separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _separator = '&';
        return this;
    }

    public RequestPath With(string name, long? value) => With(name, value?.ToString(CultureInfo.InvariantCulture));

    public RequestPath With(string name, bool value) => value ? With(name, "true") : this;

    public override string ToString() => _text.ToString();
}
