namespace IstioAdmin.Core.Kube.Failures;

internal static class EndpointNames
{
    /// <summary>The server as messages name it: no trailing slash, no credentials.</summary>
    public static string Name(this KubeEndpoint endpoint) => endpoint.Server.Name();

    /// <summary>An address as messages name it.</summary>
    public static string Name(this Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
}
