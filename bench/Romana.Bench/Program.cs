using Romana.Bench.Node;
using Romana.Bench;

// Sections by name: `make bench ARGS="store planner"`; none = all.
var sections = new Dictionary<string, Func<IEnumerable<Figure>>>
{
    ["planner"] = PlannerFigures.Measure,
    ["aggregation"] = AggregationFigures.Measure,
    ["store"] = StoreFigures.Measure,
    ["scale"] = ScaleFigures.Measure,
    ["cut-off"] = CutOffFigures.Measure,
    ["probes"] = ProbeFigures.Measure,
    ["controller"] = ControllerFigures.Measure,
    ["calls"] = CallFigures.Measure,
    ["failover"] = FailoverFigures.Measure,
    ["netlink"] = NetlinkFigures.Measure,
    ["node"] = () => PodFigures.Measure().Concat(NetlinkFigures.MeasureRoutes()),
    ["node-standing"] = StandingFigures.Measure,
    ["node-stream"] = StreamFigures.Measure,
};

var unknown = args.Where(name => !sections.ContainsKey(name)).ToList();
if (unknown.Count > 0)
{
    Console.Error.WriteLine($"bench: there is no section '{string.Join("', '", unknown)}'; there are: {string.Join(", ", sections.Keys)}");
    return 2;
}

foreach (var (name, measure) in sections.Where(section => args.Length == 0 || args.Contains(section.Key)))
{
    Console.WriteLine($"== {name}");
    foreach (var figure in measure()) Report.Print(Console.Out, figure);
}

return 0;
