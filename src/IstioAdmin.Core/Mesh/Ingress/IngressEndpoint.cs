namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>An address and a port from which a gateway's server can be reached.</summary>
/// <param name="Via">What kind of address it is.</param>
/// <param name="Host">IP address or host name.</param>
/// <param name="Port">The port at that address.</param>
/// <param name="Server">The server behind it.</param>
internal sealed record IngressEndpoint(IngressVia Via, string Host, int Port, GatewayServer Server)
{
    /// <summary>The address of a path there.</summary>
    public Uri Url(string path) => UrlOf(Server.Scheme, Host, Port, path);

    public static Uri UrlOf(string scheme, string host, int port, string path)
    {
        // A UriBuilder would escape a question mark in the path.
        string authority = new UriBuilder(scheme, host, port).Uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        return new Uri($"{authority}{(path.StartsWith('/') ? "" : "/")}{path}");
    }
}
