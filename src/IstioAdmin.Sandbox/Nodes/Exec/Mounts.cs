using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes.Exec;

/// <summary>Which directories of its node a container sees, and where.</summary>
internal sealed class Mounts
{
    private readonly List<(string Host, string Inside)> _mounts = [];

    private Mounts()
    {
    }

    public static Mounts Of(JsonObject pod, string container)
    {
        var found = new Mounts();
        JsonObject? spec = Meta.Items(pod, "spec", "containers").FirstOrDefault(one => Json.Text(one, "name") == container);
        foreach (JsonObject mount in spec is null ? [] : Meta.Items(spec, "volumeMounts"))
        {
            string? host = Meta.Items(pod, "spec", "volumes").Where(volume => Json.Text(volume, "name") == Json.Text(mount, "name")).Select(volume => Json.Text(volume, "hostPath", "path")).FirstOrDefault();
            if (host is not null && Json.Text(mount, "mountPath") is { } inside)
                found._mounts.Add((host.TrimEnd('/'), inside.TrimEnd('/')));
        }
        return found;
    }

    /// <summary>Where a path of the container is on the node; null when it is none of the node's.</summary>
    public string? Outside(string path)
    {
        path = path.Length > 1 ? path.TrimEnd('/') : path;
        return _mounts.Where(mount => path == mount.Inside || path.StartsWith(mount.Inside + "/", StringComparison.Ordinal))
            .OrderByDescending(mount => mount.Inside.Length).Select(mount => mount.Host + path[mount.Inside.Length..]).FirstOrDefault();
    }

    /// <summary>Whether the node's /proc is mounted where the reader of rules looks for it.</summary>
    public bool HasProc => _mounts.Contains(("/proc", "/host/proc"));
}
