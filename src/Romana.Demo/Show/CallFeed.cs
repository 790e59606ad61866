using Romana.Demo.Ec2;

namespace Romana.Demo.Show;

/// <summary>Prints the calls that change the VPC as they come, and counts the rest.</summary>
internal sealed class CallFeed(SimulatedVpc vpc, Screen screen, PicturePrinter names) : IDisposable
{
    /// <summary>Lines of one stretch of calls; a large cluster's others are only counted.</summary>
    private const int Lines = 120;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private int _printed;

    public CallFeed Attach()
    {
        vpc.Called += Show;
        return this;
    }

    /// <summary>"72 CreateRoute, 12 ModifyNetworkInterfaceAttribute, 9 DescribeInstances" since the last time; then from zero.</summary>
    public string Take()
    {
        lock (_gate)
        {
            var text = _counts.Count == 0 ? "none" : string.Join(", ", _counts.OrderBy(pair => -pair.Value).Select(pair => $"{pair.Value} {pair.Key}"));
            _counts.Clear();
            _printed = 0;
            return text;
        }
    }

    public void Dispose() => vpc.Called -= Show;

    private void Show(CallRecord call)
    {
        int printed;
        lock (_gate)
        {
            _counts[call.Action] = _counts.GetValueOrDefault(call.Action) + 1;
            if (!call.Mutates) return;
            printed = ++_printed;
        }

        if (printed <= Lines) screen.Call($"  {call.Action,-12} {Describe(call)}{(call.Outcome == "ok" ? "" : $"  ({call.Outcome})")}");
        else if (printed == Lines + 1) screen.Call("  ... and more, counted below");
    }

    private string Describe(CallRecord call) => call.Action switch
    {
        "CreateRoute" or "ReplaceRoute" => $"{names.NameOf(call["RouteTableId"]),-8} {Destination(call),-18} -> {names.NameOf(call["NetworkInterfaceId"])}",
        "DeleteRoute" => $"{names.NameOf(call["RouteTableId"]),-8} {Destination(call)}",
        "ModifyNetworkInterfaceAttribute" =>
            $"{names.NameOf(call["NetworkInterfaceId"])}: source/destination check {(call["SourceDestCheck.Value"] == "true" ? "on" : "off")}",
        _ => string.Join(' ', call.Parameters.Select(pair => $"{pair.Key}={pair.Value}")),
    };

    private static string Destination(CallRecord call) => call["DestinationCidrBlock"] + call["DestinationIpv6CidrBlock"];
}
