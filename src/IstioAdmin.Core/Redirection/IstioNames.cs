namespace IstioAdmin.Core.Redirection;

/// <summary>Names of containers, annotations, labels and variables by which Istio decides (istio/api: annotation, label).</summary>
internal static class IstioNames
{
    public const string ProxyContainer = "istio-proxy";
    public const string InitContainer = "istio-init";

    public const string Inject = "sidecar.istio.io/inject";
    public const string Status = "sidecar.istio.io/status";
    public const string InterceptionMode = "sidecar.istio.io/interceptionMode";
    public const string DataplaneMode = "istio.io/dataplane-mode";
    public const string AmbientRedirection = "ambient.istio.io/redirection";
    public const string Revision = "istio.io/rev";

    public const string DisableEnvoy = "DISABLE_ENVOY";
    public const string InterceptionModeVariable = "ISTIO_META_INTERCEPTION_MODE";
}
