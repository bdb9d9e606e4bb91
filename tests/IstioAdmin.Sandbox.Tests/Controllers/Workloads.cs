namespace IstioAdmin.Sandbox.Tests.Controllers;

/// <summary>Manifests of workloads.</summary>
internal static class Workloads
{
    private const string Containers = """[{"name":"app","image":"registry.local/app:1","ports":[{"containerPort":8080}]}]""";

    public static string Deployment(string ns, string name, int replicas, string more = "") => $$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}","labels":{"app":"{{{name}}}"} },
         "spec":{ {{{more}}} "replicas":{{{replicas}}},"selector":{"matchLabels":{"app":"{{{name}}}"} },"template":{"metadata":{"labels":{"app":"{{{name}}}"} },"spec":{"containers":{{{Containers}}} } } } }
        """;

    public static string DaemonSet(string ns, string name) => $$$"""
        {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}"},
         "spec":{"selector":{"matchLabels":{"app":"{{{name}}}"} },"template":{"metadata":{"labels":{"app":"{{{name}}}"} },"spec":{"containers":{{{Containers}}} } } } }
        """;

    public static string StatefulSet(string ns, string name, int replicas) => $$$"""
        {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}"},
         "spec":{"serviceName":"{{{name}}}","replicas":{{{replicas}}},"selector":{"matchLabels":{"app":"{{{name}}}"} },"template":{"metadata":{"labels":{"app":"{{{name}}}"} },"spec":{"containers":{{{Containers}}} } } } }
        """;

    public static string Job(string ns, string name, int completions, int parallelism) => $$$"""
        {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}"},
         "spec":{"completions":{{{completions}}},"parallelism":{{{parallelism}}},"template":{"spec":{"restartPolicy":"Never","containers":{{{Containers}}} } } } }
        """;

    public static string Service(string ns, string name) => $$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}"},
         "spec":{"type":"LoadBalancer","selector":{"app":"{{{name}}}"},"ports":[{"port":80,"targetPort":8080}]} }
        """;

    public static string Budget(string ns, string name, int least) => $$$"""
        {"apiVersion":"policy/v1beta1","kind":"PodDisruptionBudget","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}"},"spec":{"minAvailable":{{{least}}},"selector":{"matchLabels":{"app":"{{{name}}}"} } } }
        """;
}
