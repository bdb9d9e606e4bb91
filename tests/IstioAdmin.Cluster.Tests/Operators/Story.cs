namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>The cmdlets that lead from an empty cluster to a mesh on CNI, and those that lead back.</summary>
internal sealed record Story(OperatorCase Operator, string[] Up, string[] Down)
{
    public const string Enable = "Enable-IstioCni -ExcludeNamespace istio-system, kube-system -Timeout 60";
    public const string Disable = "Disable-IstioCni -Timeout 60";
    public const string Remove = "Remove-IstioMesh -Confirm:$false -Timeout 60";

    public static Story Of(string name) => name switch
    {
        "Banzai" => new(OperatorCase.Banzai,
            ["Install-IstioOperator Banzai -Version 1.1 -Timeout 60", "New-IstioMesh mesh -Version 1.1.5 -Mtls -AutoInjectionNamespace shop -Timeout 60",
                "Set-IstioMesh mesh -OutboundTrafficPolicy REGISTRY_ONLY -Timeout 60", Enable],
            [Disable, Remove, "Uninstall-IstioOperator Banzai -IncludeCrd -IncludeNamespace -Confirm:$false -Timeout 60"]),
        "Cisco" => new(OperatorCase.Cisco,
            ["Install-IstioOperator Cisco -Version 1.13 -Timeout 60", "New-IstioMesh mesh -Version 1.13.5 -Timeout 60", "Set-IstioMesh mesh -OutboundTrafficPolicy REGISTRY_ONLY -Timeout 60", Enable],
            [Disable, Remove, "Uninstall-IstioOperator Cisco -IncludeCrd -IncludeNamespace -Confirm:$false -Timeout 60"]),
        _ => new(OperatorCase.Sail,
            [$"Install-IstioOperator Sail -Chart '{Path.GetFullPath(Helm.Chart)}' -Timeout 60", "New-IstioMesh default -Version v1.24.2 -Timeout 60",
                "Set-IstioMesh default -OutboundTrafficPolicy REGISTRY_ONLY -Timeout 60", Enable],
            [Disable, Remove, "Uninstall-IstioOperator Sail -IncludeCrd -IncludeNamespace -Confirm:$false -Timeout 60"]),
    };
}
