using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>Puts together what operators' resources, control plane workloads and CNI DaemonSets tell.</summary>
internal static class IstioTable
{
    public static IReadOnlyList<IstioInstallation> Combine(
        IReadOnlyList<OperatorObjects> operators, IReadOnlyList<ControlPlane>? controlPlanes, IReadOnlyList<CniPlugin>? plugins)
    {
        IstioInstallation[] managed = [.. operators.SelectMany(objects => objects.Row.Read(objects))];
        IEnumerable<IstioInstallation> unmanaged = (controlPlanes ?? [])
            .Where(plane => !managed.Any(m => m.Namespace == plane.Namespace && (m.Revision is null || m.Revision == plane.Revision)))
            .Select(plane => new IstioInstallation
            {
                Operator = IstioOperatorKind.None,
                Namespace = plane.Namespace,
                Name = plane.Name,
                Version = plane.Version,
                Revision = plane.Revision,
            });
        return
        [
            .. managed.Select(m => WithWorkload(m, controlPlanes)).Concat(unmanaged).Select(i => WithCni(i, plugins))
                .OrderBy(i => i.Namespace, StringComparer.Ordinal).ThenBy(i => i.Name, StringComparer.Ordinal).ThenBy(i => i.Revision, StringComparer.Ordinal),
        ];
    }

    /// <summary>A resource that does not say its version may have a workload whose image does.</summary>
    private static IstioInstallation WithWorkload(IstioInstallation installation, IReadOnlyList<ControlPlane>? controlPlanes)
    {
        if (installation.Version is not null)
            return installation;
        ControlPlane? workload = controlPlanes?.FirstOrDefault(p => p.Namespace == installation.Namespace && p.Revision == installation.Revision);
        return installation with { Version = workload?.Version };
    }

    /// <summary>The resource decides whether CNI is on; what is excluded is what the plugin's own configuration says.</summary>
    private static IstioInstallation WithCni(IstioInstallation installation, IReadOnlyList<CniPlugin>? plugins)
    {
        CniPlugin? plugin = plugins is null ? null : Nearest(installation, plugins);
        bool? enabled = installation.CniEnabled ?? (plugins is null ? null : plugin is not null);
        return installation with
        {
            CniEnabled = enabled,
            CniExcludedNamespaces = enabled == false ? [] : plugin?.ExcludedNamespaces ?? installation.CniExcludedNamespaces,
        };
    }

    private static CniPlugin? Nearest(IstioInstallation installation, IReadOnlyList<CniPlugin> plugins) => plugins
        .OrderByDescending(p => p.Namespace == installation.Namespace)
        .ThenByDescending(p => p.Revision == installation.Revision)
        .FirstOrDefault();
}
