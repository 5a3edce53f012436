import {
    Component,
    onWillStart,
    onWillUpdateProps,
    useState,
    useSubEnv,
} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {graphView} from "@web/views/graph/graph_view";
import {pivotView} from "@web/views/pivot/pivot_view";

/**
 * Graphs and pivots of the contact reports, with two additions: sentences above
 * the figures that say how to read them, from the model's `reading_notes`, and a
 * click on a figure that leads to what is behind it, by the model's
 * `action_explain`. Everything they say is decided on the server.
 */
class ReadingNotes extends Component {
    static template = "contact_kpi.ReadingNotes";
    static props = {
        resModel: String,
        domain: Array,
        groupBys: Array,
        measures: Array,
    };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({notes: []});
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((props) => {
            // Not awaited: the figures do not wait for their notes.
            this.load(props);
        });
    }

    async load({resModel, domain, groupBys, measures}) {
        const params = [domain, groupBys, measures];
        const key = JSON.stringify(params);
        if (key === this.key) {
            return;
        }
        this.key = key;
        this.state.notes = await this.keepLast.add(
            this.orm.call(resModel, "reading_notes", params)
        );
    }
}

/** Open what is behind a figure instead of the rows that it was added up from. */
const explaining = (Renderer) =>
    class extends Renderer {
        setup() {
            super.setup();
            this.explainOrm = useService("orm");
        }

        async openView(domain, views, context, newWindow) {
            const {resModel} = this.model.metaData;
            const action = await this.explainOrm.call(resModel, "action_explain", [
                domain,
            ]);
            return this.actionService.doAction(action, {newWindow});
        }
    };

class NotedGraphController extends graphView.Controller {
    static template = "contact_kpi.GraphView";
    static components = {...graphView.Controller.components, ReadingNotes};

    setup() {
        super.setup();
        useSubEnv({contactKpiGroupBys: () => this.notesProps.groupBys});
    }

    get notesProps() {
        const {resModel, domain, groupBy, measure} = this.model.metaData;
        const groupBys = groupBy.map((groupby) => groupby.spec);
        return {resModel, domain, groupBys, measures: [measure]};
    }
}

class NotedGraphRenderer extends explaining(graphView.Renderer) {
    /** Straight from point to point: a curve would invent values between them. */
    getLineChartData() {
        const data = super.getLineChartData();
        for (const dataset of data.datasets) {
            dataset.cubicInterpolationMode = "default";
        }
        return data;
    }

    /** An axis of counts has whole numbers, each once. */
    getScaleOptions() {
        const scales = super.getScaleOptions();
        const values = this.model.data.datasets.flatMap((dataset) => dataset.data);
        // Empty where there is nothing to compare with, which is no fraction.
        if (scales.y && values.every((value) => Number.isInteger(value ?? 0))) {
            scales.y.ticks.precision = 0;
        }
        return scales;
    }

    /** A point of a line leads somewhere, too. */
    onGraphClicked(ev, isMiddleClick) {
        if (this.model.metaData.mode !== "line") {
            return super.onGraphClicked(...arguments);
        }
        const [point] = this.chart.getElementsAtEventForMode(
            ev,
            "nearest",
            {intersect: true},
            false
        );
        const dataset = point && this.chart.data.datasets[point.datasetIndex];
        if (dataset?.domains?.[point.index]) {
            this.onGraphClickedFinal(dataset.domains[point.index], isMiddleClick);
        }
    }
}

class NotedPivotRenderer extends explaining(pivotView.Renderer) {
    /** Nothing to divide, or to compare with, is empty and not 0. */
    getFormattedValue(cell) {
        return cell.value === null ? {value: ""} : super.getFormattedValue(cell);
    }
}

class NotedPivotController extends pivotView.Controller {
    static template = "contact_kpi.PivotView";
    static components = {...pivotView.Controller.components, ReadingNotes};

    setup() {
        super.setup();
        useSubEnv({contactKpiGroupBys: () => this.notesProps.groupBys});
    }

    get notesProps() {
        const {resModel, domain, activeMeasures, fullRowGroupBys, fullColGroupBys} =
            this.model.metaData;
        return {
            resModel,
            domain,
            groupBys: [...(fullRowGroupBys || []), ...(fullColGroupBys || [])],
            measures: activeMeasures,
        };
    }
}

export const notedGraphView = {
    ...graphView,
    Controller: NotedGraphController,
    Renderer: NotedGraphRenderer,
};

export const notedPivotView = {
    ...pivotView,
    Controller: NotedPivotController,
    Renderer: NotedPivotRenderer,
};

/** Lines are dashed over the time before observation began. */
class TrendGraphModel extends graphView.Model {
    async _loadDataPoints(metaData) {
        const {resModel, domain} = metaData;
        const [points, start] = await Promise.all([
            super._loadDataPoints(...arguments),
            !this.orm.isSample &&
                this.orm.call(resModel, "observation_start", [domain]),
        ]);
        this.observationStart = start;
        return points;
    }

    /** Whether the whole bucket of a point lies before observation began. */
    isRebuilt(domain) {
        const until = domain?.find((leaf) => leaf[0] === "date" && leaf[1] === "<");
        return Boolean(
            this.observationStart && until && until[2] <= this.observationStart
        );
    }
}

class TrendGraphRenderer extends NotedGraphRenderer {
    getLineChartData() {
        const data = super.getLineChartData();
        for (const dataset of data.datasets) {
            const isRebuilt = (point) =>
                this.model.isRebuilt(dataset.domains?.[point.p0DataIndex]);
            dataset.segment = {
                borderDash: (point) => (isRebuilt(point) ? [6, 6] : undefined),
            };
        }
        return data;
    }
}

registry.category("views").add("contact_kpi_graph", notedGraphView);
registry.category("views").add("contact_kpi_trend_graph", {
    ...notedGraphView,
    Model: TrendGraphModel,
    Renderer: TrendGraphRenderer,
});
registry.category("views").add("contact_kpi_pivot", notedPivotView);
