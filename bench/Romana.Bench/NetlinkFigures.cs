using System.Diagnostics;
using System.Globalization;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Nftables;

namespace Romana.Bench;

/// <summary>The kernel's network changed from C#, beside iproute2 and nft, in a namespace of its own. Medians.</summary>
public static class NetlinkFigures
{
    private static readonly string[] Pools = ["10.128.0.0/9", "fd00:80::/64"];

    private const int Repeats = 7, Routes = 10_000, Singles = 30, Elements = 50;

    public static IEnumerable<Figure> Measure()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            yield return new Figure("netlink", "not measured: making a network namespace takes root", "", "", null);
            yield break;
        }

        using var space = NetworkNamespace.Create();
        using var kernel = KernelNetwork.Open(space);
        var index = AddPair(kernel);
        foreach (var pool in Pools) yield return OneRoute(space, kernel, index, Cidr.Parse(pool));
        yield return List(space, kernel, index);
        yield return OneVeth(space, kernel);
        yield return OneElement(space);
    }

    /// <summary>One route of each family, where these alone are wanted.</summary>
    public static IEnumerable<Figure> MeasureRoutes() => Environment.IsPrivilegedProcess ? [.. Measure().Take(Pools.Length)] : [];

    private static int AddPair(KernelNetwork kernel)
    {
        kernel.Interfaces.AddVeth(new VethRequest(new VethEnd("va"), new VethEnd("vb")));
        var index = kernel.Interfaces.Get("va")!.Index;
        kernel.Interfaces.Change(index, new InterfaceChange { IsUp = true });
        return index;
    }

    private static Figure OneRoute(NetworkNamespace space, KernelNetwork kernel, int index, Cidr pool)
    {
        var routes = Enumerable.Range(0, Routes).Select(i => Route(pool, i, index)).ToList();
        var next = 0;
        // Each call by itself: on a busy machine the whole would measure the others.
        var ours = Median(() => Expect(OutcomeKind.Created, kernel.Routes.Add(routes[next++])), null, Routes - 1);
        Clear(kernel, routes);
        var batch = string.Concat(routes.Select(Line));
        var many = Median(() => Run(space, "ip", "-batch -", batch), () => Clear(kernel, routes)) / Routes;
        next = 0;
        var single = Median(() => Run(space, "ip", "-batch -", Line(routes[next])), () => kernel.Routes.Remove(routes[next++]), Singles);
        return new Figure($"one route of {pool.Family} by netlink", Micro(ours), "10 us",
            $"ip -batch with one route {Micro(single)}; with {Routes:n0}, {Micro(many)} each on the mean", single / ours);
    }

    private static Figure List(NetworkNamespace space, KernelNetwork kernel, int index)
    {
        var routes = Enumerable.Range(0, Routes).Select(i => Route(Cidr.Parse("10.128.0.0/9"), i, index)).ToList();
        routes.ForEach(route => kernel.Routes.Add(route));
        var filter = new RouteFilter { Table = 880 };
        var ours = Median(() => Expect(Routes, kernel.Routes.List(filter).Count));
        var beside = Median(() => Run(space, "ip", "route show table 880"));
        Clear(kernel, routes);
        return new Figure($"list of {Routes:n0} routes", Milli(ours), "", $"ip route show {Milli(beside)}", beside / ours);
    }

    private static Figure OneVeth(NetworkNamespace space, KernelNetwork kernel)
    {
        using var pod = NetworkNamespace.Create();
        var pair = new VethRequest(new VethEnd("rom1", MacAddress.Parse("02:00:00:00:00:01"), 1500), new VethEnd("eth0")) { FarNamespace = pod.Handle };
        void Remove() => kernel.Interfaces.Remove(kernel.Interfaces.Get("rom1")!.Index);
        var ours = Median(() => Expect(OutcomeKind.Created, kernel.Interfaces.AddVeth(pair)), Remove, Singles);
        var far = $"/proc/{Environment.ProcessId}/fd/{pod.Handle.Handle}";
        var beside = Median(() => Run(space, "ip", $"link add rom1 mtu 1500 type veth peer name eth0 netns {far}"), Remove, Singles);
        return new Figure("a veth pair, its peer in another namespace", Micro(ours), "", $"ip link add {Micro(beside)}", beside / ours);
    }

    private static Figure OneElement(NetworkNamespace space)
    {
        var nftables = NftablesAccess.Open(space);
        nftables.Apply("add table inet romana\nadd set inet romana pods { type ipv4_addr; }\n");
        var next = 0;
        double Elapsed(Func<string, NftAnswer> apply) => Median(
            () => Expect(true, apply($"add element inet romana pods {{ 10.1.{next / 256}.{next++ % 256} }}\n") is NftAnswer.Done), null, Elements);
        var (ours, beside) = (Elapsed(nftables.Apply), Elapsed(new ProgramNftables(space).Apply));
        return new Figure("one nft element in one transaction", Micro(ours), "", $"nft -f - {Micro(beside)}", beside / ours);
    }

    private static Route Route(Cidr pool, int number, int index) =>
        new() { Destination = pool.Slice(pool.Family.Width(), (UInt128)number), Table = 880, Hops = [new NextHop(index)] };

    private static string Line(Route route) => $"route add {route.Destination} dev va table 880 proto 82\n";

    private static void Clear(KernelNetwork kernel, List<Route> routes) => routes.ForEach(route => kernel.Routes.Remove(route));

    private static void Expect(OutcomeKind kind, Outcome outcome) => Expect(kind, outcome.Kind);

    private static void Expect<T>(T wanted, T got)
    {
        if (!EqualityComparer<T>.Default.Equals(wanted, got)) throw new InvalidOperationException($"{wanted} was expected, not {got}");
    }

    /// <summary>Seconds.</summary>
    private static double Median(Action work, Action? after = null, int repeats = Repeats)
    {
        var times = new List<double>();
        for (var i = 0; i <= repeats; i++)
        {
            var started = Stopwatch.GetTimestamp();
            work();
            // The first run warms up.
            if (i > 0) times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            after?.Invoke();
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static void Run(NetworkNamespace space, string program, string arguments, string input = "") => space.Run(() =>
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Expect(0, process.ExitCode);
    });

    private static string Micro(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:n1} us");

    private static string Milli(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:n1} ms");
}
