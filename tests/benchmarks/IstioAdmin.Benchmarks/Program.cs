using BenchmarkDotNet.Running;
using IstioAdmin.Benchmarks;
using IstioAdmin.Benchmarks.Inspector;
using IstioAdmin.Benchmarks.Listing;
using IstioAdmin.Benchmarks.Seeding;

// Verbs that need a real API server, and else BenchmarkDotNet's own command line.
switch (args)
{
    case ["seed", .. var rest]:
        await Seed.RunAsync(new Options(rest));
        break;
    case ["list", .. var rest]:
        await ListComparison.RunAsync(new Options(rest));
        break;
    case [ListOnce.Verb, .. var rest]:
        await ListOnce.RunAsync(new Options(rest));
        break;
    case [ParseVersusIptables.Verb, .. var rest]:
        await ParseVersusIptables.RunAsync(new Options(rest));
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Options).Assembly).Run(args);
        break;
}
